"""Logging in and out in a browser: `/authorize` (RFC 6749 section 3.1), the login page, `/v2/logout`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from quart import Blueprint, Response, make_response, redirect, render_template, request, url_for

from . import organizations
from .authorize import MODES, LoginRequired, Refused, grant, not_a_member, prompts, recent, refuse, trusted, wrong
from .memory import Session
from .parameters import AuthorizationRequest, from_browser
from .people import PEOPLE

if TYPE_CHECKING:
    from .clients import Client
    from .people import Person
    from .server import LocalAuthorizationServer

COOKIE = "local_issuer_session"


def create_login(authorization: LocalAuthorizationServer) -> Blueprint:
    blueprint = Blueprint("login", __name__, template_folder="templates")
    memory = authorization.memory

    @blueprint.route("/authorize", methods=["GET", "POST"])
    async def authorize() -> Any:
        asked = await from_browser(request)
        try:
            client = trusted(authorization, asked)
        except Refused as error:
            return await _refused(error)
        if mistake := wrong(authorization, asked):
            return await _deliver(refuse(authorization, asked, mistake), asked, client)
        session = recent(asked, memory.sessions.get(request.cookies.get(COOKIE, "")), memory.clock.now())
        wanted = prompts(asked)
        if session is None and "none" in wanted:
            return await _deliver(refuse(authorization, asked, LoginRequired()), asked, client)
        if session is None or wanted - {"none"}:
            # 303: what was posted here is not to be posted again (RFC 9700 section 4.12).
            return redirect(f"{url_for('login.ask')}?{asked.query}", 303 if request.method == "POST" else 302)
        return await _deliver(grant(authorization, asked, session), asked, client)

    @blueprint.get("/u/login")
    async def ask() -> Any:
        return await _login_page(authorization, _asked())

    @blueprint.post("/u/login")
    async def answer() -> Any:
        # Another page must not log anybody in here (RFC 6819 section 4.4.1.9).
        if request.headers.get("Origin") != f"{request.scheme}://{request.host}":
            return await _page("refused.html", 403, why="The form was sent by another page.")
        asked, form = _asked(), await request.form
        try:
            client = trusted(authorization, asked)
        except Refused as error:
            return await _refused(error)
        if form.get("action") == "decline":
            return await _deliver(grant(authorization, asked, None), asked, client)
        person = PEOPLE.get(form.get("username", "").strip().lower())
        if person is None or form.get("password") != person.password:
            return await _login_page(authorization, asked, "Wrong email or password.", form.get("username", ""))
        session, problem = _session(asked, person, form.get("organization", ""), memory.clock.now())
        if problem:
            return await _login_page(authorization, asked, problem, person.email)
        if refusal := not_a_member(asked, session):
            # Without a session: the next request asks again, so that another person can log in.
            return await _deliver(refuse(authorization, asked, refusal), asked, client)
        response = await _deliver(grant(authorization, asked, session), asked, client)
        memory.sessions.pop(request.cookies.get(COOKIE, ""), None)
        # Of the same site as the pages, since a site has no port: the silent frame has it, other sites' do not.
        response.set_cookie(COOKIE, memory.new_session(session), httponly=True, samesite="Lax")
        return response

    @blueprint.get("/v2/logout")
    async def logout() -> Any:
        asked = _asked()
        if error := asked.repeated():
            return await _page("refused.html", 400, why=error.description)
        client = authorization.query_client(asked.payload.client_id or "")
        if asked.payload.client_id and client is None:
            why = "client_id is not that of an application that is known here."
            return await _refused(Refused(why, of_settings=True))
        known = [client] if client else list(authorization.clients.values())
        allowed = [url for one in known for url in one.logout_urls]
        goes_to = asked.form.get("returnTo") or next(iter(allowed if client else ()), None)
        if goes_to is not None and goes_to not in allowed:
            why = f"returnTo is not an allowed logout URL of this application: {goes_to}"
            return await _refused(Refused(why, of_settings=True))
        memory.sessions.pop(request.cookies.get(COOKIE, ""), None)
        response = redirect(goes_to) if goes_to else await _page("signed-out.html", 200)
        response.delete_cookie(COOKIE)
        return response

    return blueprint


def _session(asked: AuthorizationRequest, person: Person, picked: str, now: float) -> tuple[Session, str]:
    """Return the session of a person who picked an organization on the page, or none (""), and what is wrong with it.
    The pick does not count where the application names the organization."""
    if not picked or "organization" in asked.payload.data:
        return Session(person, now), ""
    organization = organizations.find(picked)
    if organization in person.organizations:
        return Session(person, now, organization), ""
    return Session(person, now), f"{person.name} is not a member of that organization."


def _asked() -> AuthorizationRequest:
    return AuthorizationRequest(request, dict(request.args.lists()))


async def _deliver(answer: Response, asked: AuthorizationRequest, client: Client) -> Any:
    """Bring an answer, which is a redirect, to the application in the way that it asked for."""
    location = urlsplit(answer.headers["Location"])
    usual = MODES.get(asked.payload.response_type, "query")
    mode = asked.payload.data.get("response_mode", usual)
    if mode == usual or (mode == "query" and usual == "fragment"):
        # A token must not stand in a query, which is logged (OAuth 2.0 Multiple Response Types section 3).
        return answer
    parameters = dict(parse_qsl(location.query or location.fragment))
    address = location._replace(query="", fragment="")
    if mode == "fragment":
        return redirect(address._replace(fragment=urlencode(parameters)).geturl())
    origin = f"{address.scheme}://{address.netloc}"
    if origin not in client.web_origins:
        why = f"{origin} is not an allowed web origin of this application."
        return await _refused(Refused(why, of_settings=True))
    return await _page("web-message.html", 200, frames=origin, origin=origin, parameters=parameters)


async def _login_page(
    authorization: LocalAuthorizationServer, asked: AuthorizationRequest, problem: str = "", username: str = ""
) -> Any:
    try:
        client = trusted(authorization, asked)
    except Refused as error:
        return await _refused(error)
    if mistake := wrong(authorization, asked):
        # Nothing of such a link is repeated on the page that asks for a password.
        return await _deliver(refuse(authorization, asked, mistake), asked, client)
    goes_to = urlsplit(asked.payload.redirect_uri or client.get_default_redirect_uri() or "")
    return await _page(
        "login.html",
        400 if problem else 200,
        # What a form's answer redirects to is a matter of form-action too.
        forms=f"'self' {goes_to.scheme}://{goes_to.netloc}",
        people=PEOPLE.values(),
        client=client,
        audience=asked.payload.data.get("audience"),
        organization=organizations.find(asked.payload.data.get("organization", "")),
        organizations=organizations.ORGANIZATIONS,
        problem=problem,
        username=username or asked.payload.data.get("login_hint", ""),
    )


async def _refused(error: Refused) -> Any:
    return await _page("refused.html", 400, why=str(error), of_settings=error.of_settings)


async def _page(template: str, status: int, *, forms: str = "'none'", frames: str = "'none'", **values: Any) -> Any:
    response: Any = await make_response(await render_template(template, **values))
    response.status_code = status
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        f"form-action {forms}; frame-ancestors {frames}"
    )
    # Not "no-referrer": with that, a form is sent with the Origin "null".
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    return response
