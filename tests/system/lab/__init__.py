"""The laboratory: real servers on loopback, started and stopped by the tests and the demo."""
