"""A local server that answers as Open-Meteo's hosted API does, for work without a network and for tests."""
