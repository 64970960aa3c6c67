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
        "best = (1 / np.log2(np.arange(2, k + 2)))[:len(liked)].sum()\n"
        "return sum(1 / np.log2(r + 2) for r, i in enumerate(shown[:k], 1) if i in liked) / best": (
            "1등부터 점수가"
        ),
        "point = 1 / torch.arange(1, k + 1).log2()\n"
        "hit = torch.tensor([float(i in liked) for i in shown[:k]])\n"
        "return hit @ point / point[:len(liked)].sum()": "nan이 나왔습니다",
        "point = 1 / np.log2(np.arange(2, len(shown) + 2))\n"
        "return point[[i in liked for i in shown]].sum() / point[:min(k, len(liked))].sum()": (
            "k등 아래에서"
        ),
        "point = 1 / np.log2(np.arange(2, k + 2))\nhit = [i in liked for i in shown[:k]]\n"
        "return point @ hit / (point @ sorted(hit, reverse=True))": "놓친 것까지",
    },
    "best_epoch": {
        "best = 1\nfor e, error in enumerate(errors, start=1):\n"
        "    if error < errors[best - 1]:\n        best = e\n"
        "    if e - best >= patience:\n        break\nreturn best": "몇부터 세나요",
        "best = 0\nfor e in range(len(errors)):\n    if errors[e] < errors[best]:\n"
        "        best = e\n    if e - best > patience:\n        break\nreturn best": (
            "한 에폭 더 기다렸습니다"
        ),
        "best, wait = 0, 1\nfor e, error in enumerate(errors[1:], 1):\n"
        "    if error < errors[best]:\n        best, wait = e, 1\n    else:\n        wait += 1\n"
        "    if wait >= patience:\n        break\nreturn best": "한 에폭 먼저",
        "best, wait = 0, 0\nfor e, error in enumerate(errors):\n    if error < errors[best]:\n"
        "        best = e\n    elif e:\n        wait += 1\n    if wait == patience:\n"
        "        break\nreturn best": "이어서 세고",
        "best, wait = 0, 0\nfor e, error in enumerate(errors):\n    if error < errors[best]:\n"
        "        best = e\n    else:\n        wait += 1\n    if wait == patience:\n"
        "        break\nreturn best": "되돌리는 줄이",
        "best, wait = 0, 0\nfor e, error in enumerate(errors):\n    if error < errors[best]:\n"
        "        best, wait = e, 0\n    else:\n        wait += 1\n    if wait == patience:\n"
        "        break\nreturn best": "첫 에폭도",
        "best = 0\nfor e in range(len(errors)):\n    if errors[e] <= errors[best]:\n"
        "        best = e\n    if e - best >= patience:\n        break\nreturn best": (
            "같은 값이 나왔을"
        ),
        "best, wait = 0, 0\nfor e in range(1, len(errors)):\n    if errors[e] > errors[e - 1]:\n"
        "        wait += 1\n        if wait == patience:\n            return best\n"
        "    else:\n        best, wait = e, 0\nreturn best": "바로 앞 에폭",
        "return int(np.argmin(errors[: 1 + patience]))": "맨 앞의 몇 에폭",
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
        "test = frame.sort_values('timestamp').tail(n)\nreturn frame.drop(test.index), test": (
            "훈련 데이터의 줄은"
        ),
        "late = frame.timestamp.rank() > len(frame) - n\nreturn frame[~late], frame[late]": (
            "두 표의 줄은"
        ),
        "f = frame.sort_values('timestamp')\nreturn f.iloc[len(f) - n:]": "테스트만",
        "f = frame.sort_values('timestamp').reset_index()\nreturn f[:-n], f[-n:]": (
            "열이 하나 늘었습니다"
        ),
        "f = frame.sort_values(['user', 'timestamp'])\nreturn f[:-n], f[-n:]": (
            "나온 값: 줄 user movie rating timestamp"
        ),
    },
}
