"""What the pages for sources, topics and watches show and change: the files of other services, and how these stand.

The api knows it by its ports alone (``services.api.ports``); it is put together with the api in ``services.api``'s
composition root. Every change is written to the file that the service of the same name reads again by itself.
"""
