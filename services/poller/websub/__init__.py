"""WebSub: hubs that push a feed's news. The rest of the poller knows it by the port ``Hubs`` alone; off by default."""
