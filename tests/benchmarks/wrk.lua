-- One request after another, each with the next token of a file: wrk ... URL -- [FILE POSITION]

-- The result is written by the script beside this one.
dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "") .. "result.lua")

local before, after, tokens, position

function init(args)
  before = "GET " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port .. "\r\n"
  after = "\r\n"
  if args[1] then
    before = before .. "Authorization: Bearer "
    after = "\r\n\r\n"
    tokens = {}
    for token in io.lines(args[1]) do
      tokens[#tokens + 1] = token
    end
    position = tonumber(args[2])
  end
end

function request()
  if not tokens then
    return before .. after
  end
  position = position % #tokens + 1
  return before .. tokens[position] .. after
end
