"""Plays the conformance scenarios against the project in process and records the answers.

The format is described in crates/rest-auth-tests/conformance/README.md.
"""
