"""The web page: register, confirm, look at hits, judge them, pause, leave. Server-rendered, without JavaScript.

Nobody signs in. Every page but registering hangs on a signed, expiring link from a mail, made for one recipient.
"""
