"""What an operator sees of a running service: log lines, metrics, and traces where they are wanted.

watching       all of it, put together
request_log    a line for each request     request_line: its text     key_set_log: lines on the key sets
metrics        what is counted     exposition: its port     shared_counts: of several workers
tracing        OpenTelemetry
"""
