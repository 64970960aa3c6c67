"""The doors other than the site, as a student finds them: a bare clone, Colab, the installation.

`make test` runs test_clone. The others need environments of their own: `make doors`.
"""
