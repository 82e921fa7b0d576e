"""Case files as pytest items, and fixtures for suites that test their own engines."""
