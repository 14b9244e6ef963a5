// pch.h is compiled with this, once for all tests.
