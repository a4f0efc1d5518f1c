"""Pure: sample files to feeds, feeds and a time to what a client is shown."""
