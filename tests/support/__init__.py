"""Fakes and builders that tests share. Hand-written fakes, no mocks."""
