"""What code does, found by running it in a sandbox and by reading its syntax tree."""
