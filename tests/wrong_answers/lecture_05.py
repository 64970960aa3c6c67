"""What a student may write for the exercises of lecture 05, and a word of the hint that is due."""

WRONG = {
    "precision_at_k": {
        "return len(set(shown[:k]) & liked) / len(liked)": "재현율입니다",
        "hits = 0\nfor i in shown:\n    if i in liked:\n        hits += 1\nreturn hits / k": (
            "목록 전체를 세고"
        ),
        "return np.mean([i in liked for i in shown])": "k는 어디에",
        "return len(liked.intersection(shown[:k]))": "비율이 되려면",
        "return len(set(shown[:k]) & liked) / len(shown)": "길이로 나누었나요",
    },
    "ndcg_at_k": {
        "total = 0\nfor r, i in enumerate(shown[:k]):\n    if i in liked:\n"
        "        total += 1 / np.log2(r + 2)\nreturn total": "아직 DCG",
        "gain = sum(1 / np.log2(r + 2) for r, i in enumerate(shown[:k]) if i in liked)\n"
        "return gain / sum(1 / np.log2(r + 2) for r in range(len(liked)))": "k개만 보여",
        "gain = sum(1 / np.log2(r + 2) for r, i in enumerate(shown[:k]) if i in liked)\n"
        "return gain / sum(1 / np.log2(r + 2) for r in range(k))": "k개보다 적으면요",
        "import math\nreturn sum(1 / math.log2(r + 1) for r in range(k) if shown[r] in liked)": (
            "0으로 나누었습니다"
        ),
        "return len(set(shown[:k]) & liked) / min(k, len(liked))": "5등이 맞으나",
    },
    "best_epoch": {
        "best, wait = 0, 0\nfor e in range(len(errors)):\n    if errors[e] < errors[best]:\n"
        "        best, wait = e, 0\n    elif e:\n        wait += 1\n"
        "    if wait == patience:\n        return e\nreturn e": "멈춘 에폭을",
        "return int(np.argmin(errors))": "미래를 보았습니다",
        "for e in range(1, len(errors)):\n    if errors[e] > errors[e - 1]:\n"
        "        return e - 1\nreturn len(errors) - 1": "처음 나빠지자마자",
        "best, wait = errors[0], 0\nfor error in errors[1:]:\n    if error < best:\n"
        "        best, wait = error, 0\n    else:\n        wait += 1\n"
        "    if wait >= patience:\n        break\nreturn best": "오차를 돌려주었습니다",
    },
    "split_future": {
        "return frame.head(len(frame) - n), frame.tail(n)": "줄이 시간 차례인가요",
        "f = frame.sort_values('timestamp')\nreturn f.tail(n), f.head(len(f) - n)": "뒤집혔습니다",
        "test = frame.nlargest(n, 'timestamp').sort_values('timestamp')\n"
        "return frame.sort_values('timestamp'), test": "남아 있지",
        "test = frame.nlargest(n, 'timestamp')\ntrain = frame.drop(test.index)\n"
        "return train.sort_values('timestamp', ascending=False), test": "최근 것부터",
        "f = frame.sort_values('timestamp')\nreturn f[n:], f[:n]": "과거를 맞히고",
    },
}
