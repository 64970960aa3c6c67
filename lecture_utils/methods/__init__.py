"""Beyond the documents: the methods of lecture 07, one module each.

`als` (alternating least squares) and `gibbs` (Bayesian matrix factorization) stand on `rows`,
which solves one ridge regression per user or movie; `effects` says what a prior may know
(attributes, who rated what, when), `contexts` draws the moods of sessions, `ordinal` takes stars
for ordered labels. `svdpp` and `neumf` are modules to be trained by gradients.
`import lecture_utils` imports none of it.
"""
