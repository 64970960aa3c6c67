"""Lists of recommendations: how good they are, how sure that is, and what stands in them.

`metrics` measures the list of each user, `compare` says how far chance could move the mean over
users, `lists` makes the lists and looks at what they recommend.
"""
