"""The variables of the environment that libraries read by themselves, judged before a library stumbles over them.

rules       a rule for each variable, and what is said where it is broken
http        httpx: proxies, certificates, the log of TLS keys
traces      OpenTelemetry's SDK and its exporter
aws         boto3, beside what it says itself
counting    prometheus_client's files
uses        what a command uses of them

Each yields problems as lines that begin with the variable's name and never hold its value: a proxy's URL may have a
password. A variable that this process does not use is not looked at.
"""
