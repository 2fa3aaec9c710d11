"""Tests of one port that a gateway and a web process share."""
