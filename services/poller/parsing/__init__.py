"""Documents to plain values, in processes that can be killed: a hostile one fails its own feed and no other."""
