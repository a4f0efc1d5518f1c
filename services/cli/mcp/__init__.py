"""``wirewatch mcp``: the archive for agents and programs that speak the Model Context Protocol."""
