"""Practising with JWTs: taking them apart, making them, judging them. Pure: no terminal, no network, no environment.

inspection      a token taken apart for reading; nothing in it is trusted     explanations, times
members         claims and header members as a person writes them
key_files       keys in PEM files, and as JWKs
signing         tokens, signed with a key or with a secret
judging         the service's own verdict, with keys and expectations of one's own
lesson          all of it in order, run for real
errors          what cannot be used
"""
