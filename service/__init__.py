"""An async API behind Auth0.

__main__, cli      the commands     development: what is built in for them     workers: several processes
app                the one place that knows all parts
  routes, pages, openapi    what it answers
  web              Quart's side: admission, refusals, answers
  auth             what decides about a token     key_set_client: fetches the issuers' keys
  telemetry        what an operator sees
server             the connections
settings           what a process runs with     setting_text: how values are written
logs               the log     log_writer, log_outlet: written without waiting     redaction: without tokens
libraries, library_internals    what rests on others: their variables, and their private parts
aws, issuer, practice    the pipeline's side, the local issuer, tokens to practise with
http_date, http_origin, public_url, plain_text, tls    small things that several of these need
"""
