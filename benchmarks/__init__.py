"""Our methods and other people's, side by side on MovieLens 100K: `make bench`.

`methods` says what is compared, `worker` runs one of them in a process of its own, `run` starts
the workers and writes results.json, `epoch` measures one step of document 000's model.

For rankings: `make bench-ranking`. `rankers` says what is compared, `ranking_worker` runs one of
them and judges its lists, `ranking` starts the workers and writes ranking.json.

On 25 million invented ratings: `make bench-scale`. `scale_ways` goes through them in one process,
`scale_runs` uses the command line, `scale` starts both and writes scale.json.
"""
