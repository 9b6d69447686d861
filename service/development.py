"""What is built into the local issuer, for whoever talks to it without being it. None of it is secret."""

ISSUER_PORT = 8180
AUDIENCE = "http://127.0.0.1:8100"
PAGES = ("http://127.0.0.1:8100", "http://localhost:8100")
MACHINE_CLIENT = ("dev-m2m", "dev-m2m-secret")
AGENT_CLIENT = ("dev-agent", "dev-agent-secret")
BROWSER_CLIENT = "dev-spa"
