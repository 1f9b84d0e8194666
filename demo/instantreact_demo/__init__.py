"""The whole product once, on this machine, without an account anywhere."""
