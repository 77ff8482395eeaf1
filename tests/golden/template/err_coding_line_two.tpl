#!/usr/bin/python
# vim: set fileencoding=cp1252 :

def test_it():
    pass
