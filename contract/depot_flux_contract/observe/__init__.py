"""A recording proxy between a client in any language and any platform; both held to the contract.

proxy    the ASGI application: carries a call on, hands the exchange over
command  serves it, writes the HAR, prints what breaks the contract as it comes
"""
