"""What a student may write for the exercises of lecture 07, and a word of the hint that is due."""

SOLVE = "k = F.shape[1]\nA = F.T @ F + {} * torch.eye(k)\nreturn torch.linalg.solve(A, F.T @ y)"
LOOP = (
    "total, count = {{}}, {{}}\nkeys = [{} for u, t in zip(users.tolist(), times.tolist())]\n"
    "for key, r in zip(keys, rest.tolist()):\n    total[key] = total.get(key, 0) + r\n"
    "    count[key] = count.get(key, 0) + 1\n"
    "return torch.tensor([{} for key in keys])"
)
PAIR, MEAN = "(u, t // seconds)", "total[key] / (count[key] + strength)"
CDF = (
    "cdf = torch.special.ndtr(cuts - z)\n"
    "edges = torch.cat([torch.zeros(1), cdf, torch.ones(1)])\nchance = edges.diff()\n"
)
WRONG = {
    "weighted_ridge": {
        SOLVE.format("ridge"): "power는 어디에",
        "A = F.T @ F\nA.diagonal().add_(ridge * F.shape[0])\n"
        "return torch.linalg.solve(A, F.T @ y)": "늘 n배입니다",
        "n = len(F[0])\nA = F.T @ F + torch.eye(n) * ridge * n ** power\n"
        "return torch.linalg.solve(A, F.T @ y)": "무엇의 수인가요",
        SOLVE.format("ridge ** power"): "평점의 수는 어디에",
        SOLVE.format("pow(len(y) * ridge, power)"): "괄호를 어디에",
        SOLVE.format("ridge * power * y.numel()"): "어떻게 다르게 적나요",
        "n = len(y)\nreturn torch.linalg.inv(F.T @ F + ridge * n ** power) @ F.T @ y": (
            "어느 자리에 남을까요"
        ),
        "A = F @ F.T + ridge * len(y) ** power * torch.eye(F.shape[1])\n"
        "return torch.linalg.solve(A, F.T @ y)": "모양을 하나씩",
        "A = F.T @ F + ridge * len(F) ** power * torch.eye(len(F))\n"
        "return torch.linalg.solve(A, F.T @ y)": "모양이 맞지 않습니다",
        "n = len(F)\nA = F.T @ F + ridge * n ** power * torch.eye(F.shape[1])\n"
        "return torch.linalg.solve(A, F @ y)": "모양이 맞지 않습니다",
        "n = len(y)\nA = F.mm(F.T)\nA += torch.diag(torch.full((n,), ridge * n ** power))\n"
        "return torch.linalg.solve(A, y)": "숫자 몇 개인가요",
        SOLVE.format("ridge * len(F) ** (power - 1)"): "벌금이 너무 약합니다",
        "n, k = F.shape\nA = F.T @ F / n + ridge * n ** power * torch.eye(k)\n"
        "return torch.linalg.solve(A, F.T @ y / n)": "오차 쪽만",
        "n, k = F.shape\nA = F.T @ F + ridge * n ** power * torch.eye(k)\n"
        "return torch.mv(F, torch.linalg.solve(A, F.T @ y))": "예측을 돌려주었습니다",
    },
    "average_of_draws": {
        "kept = torch.clip(draws, 1, 5)[burn_in:]\nreturn kept.sum(dim=0) / len(kept)": (
            "먼저 자르고"
        ),
        "total = 0\nfor row in draws:\n    total = total + row\n"
        "return torch.clip(total / len(draws), 1, 5)": "burn_in은 어디에",
        "return draws[:burn_in].mean(dim=0).clip(1, 5)": "콜론의 왼쪽과",
        "for row in draws[burn_in:]:\n    answer = row\nreturn answer.clamp(1, 5)": (
            "마지막 바퀴 하나만"
        ),
        "return torch.stack([row.mean() for row in draws[burn_in:]]).clamp(1, 5)": (
            "어느 축으로 평균"
        ),
        "return draws.T[burn_in:].T.mean(0).clamp(1, 5)": "열을 버렸나요",
        "keep = len(draws) - burn_in\nreturn draws[:keep].mean(0).clamp(1, 5)": "뒤쪽 바퀴를",
        "kept = [row for n, row in enumerate(draws) if n > burn_in]\n"
        "return torch.stack(kept).mean(0).clamp(1, 5)": "한 바퀴 더 버렸습니다",
        "kept = [row for n, row in enumerate(draws, 1) if n >= burn_in]\n"
        "return torch.stack(kept).mean(0).clamp(1, 5)": "한 바퀴 덜 버렸습니다",
        "out, total = [], 0\nfor n, row in enumerate(draws[burn_in:], 1):\n"
        "    total = total + row\n    out.append((total / n).clamp(1, 5))\n"
        "return torch.stack(out)": "어느 줄인가요",
        "return torch.mean(draws[burn_in:], axis=0)": "그대로 둘까요",
        "return draws[burn_in:].mean(0).clamp(min=0, max=5)": "가장 낮은 별점",
        "total = torch.zeros(draws.shape[1])\nfor n, row in enumerate(draws):\n"
        "    if n >= burn_in:\n        total += row\nreturn (total / (n + 1)).clamp(1, 5)": (
            "전체 바퀴 수로"
        ),
        "return torch.round(draws[burn_in:].mean(0)).clamp(1, 5)": "정수여야 할",
        "return torch.quantile(draws[burn_in:], 0.5, dim=0).clamp(1, 5)": "가운데 값을",
    },
    "session_bias": {
        LOOP.format("t // seconds", MEAN): "남의 기분까지",
        LOOP.format("u", MEAN): "어제의 기분과",
        LOOP.format(PAIR, "total[key] / count[key]"): "그대로 믿고",
        "frame = pd.DataFrame({'u': users, 't': times // seconds, 'r': rest})\n"
        "return frame.groupby(['u', 't']).r.transform('mean')": "strength는요",
        LOOP.format(PAIR, "total[key] / (count[key] - strength)"): "부호를 보세요",
        LOOP.format(PAIR, "total[key] / count[key] + strength"): "나눗셈이 끝난 뒤에",
        "out = []\nfor u, t in zip(users, times):\n"
        "    mine = rest[(users == u) & (abs(times - t) < seconds)]\n"
        "    out.append(mine.sum() / (len(mine) + strength))\nreturn torch.stack(out)": (
            "경계를 사이에"
        ),
        LOOP.format("(u, t % seconds)", MEAN): "나머지로 묶었나요",
        LOOP.format("(u, t / seconds)", MEAN): "소수점 아래는",
        "group = times // seconds + users\ncount = torch.bincount(group)\n"
        "total = torch.bincount(group, weights=rest)\n"
        "return (total / (count + strength))[group]": "같은 번호를",
        LOOP.format(PAIR, MEAN).replace(
            "[total[key] / (count[key] + strength) for key in keys]",
            "[(total[k] - r) / (count[k] - 1 + strength) for k, r in zip(keys, rest.tolist())]",
        ): "자기 잔차를 뺐나요",
        LOOP.format(PAIR, MEAN).replace("in keys])", "in total])"): "시간대마다 하나씩",
        LOOP.format(PAIR, "total[key] / (len(rest) + strength)"): "똑같은 수로",
        LOOP.format(PAIR, "total[key]"): "더하기만 했습니다",
        "frame = pd.DataFrame({'u': users, 't': times // seconds, 'r': rest})\n"
        "group = frame.groupby(['u', 't']).r\n"
        "return frame.r - group.transform('sum') / (group.transform('count') + strength)": (
            "구할 것은 편향입니다"
        ),
    },
    "expected_stars": {
        CDF + "return (torch.arange(5) * chance).sum()": "몇 점인가요",
        CDF + "return int(chance.argmax()) + 1": "가장 그럴듯한",
        "return 1 + sum(float(z > cut) for cut in cuts)": "아슬아슬하게",
        "return torch.searchsorted(cuts, z) + 1": "넘은 문턱을",
        CDF + "return (torch.arange(5, 0, -1) * chance).sum()": "어느 쪽 확률인가요",
        "above = torch.special.ndtr(cuts - z)\n"
        "edges = torch.cat([torch.ones(1), above, torch.zeros(1)])\n"
        "return (torch.arange(1, 6) * (edges[:-1] - edges[1:])).sum()": "별점이 내려갑니다",
        "x = cuts - z\nreturn 1 + (torch.exp(-(x**2) / 2) / (2 * np.pi) ** 0.5).sum()": (
            "높이인가요, 넓이인가요"
        ),
        "between = torch.special.ndtr(cuts - z).diff()\n"
        "return between @ torch.tensor([2.0, 3.0, 4.0])": "셋뿐입니다",
        "cdf = torch.special.ndtr(cuts - z)\nchance = torch.cat([cdf[:1], cdf.diff()])\n"
        "return (torch.arange(1, 5) * chance).sum()": "맨 위 문턱을",
        "above = 1 - torch.special.ndtr(cuts - z)\nchance = above - F.pad(above[1:], (0, 1))\n"
        "return (torch.arange(2, 6) * chance).sum()": "맨 아래 문턱에도",
        CDF + "return chance": "확률 다섯 개까지",
        CDF + "return (torch.arange(1, 6) * chance).mean()": "또 5로 나누지",
        CDF.replace("cuts - z", "cuts") + "return (torch.arange(1, 6) * chance).sum()": (
            "z는 어디에"
        ),
        CDF.replace("torch.special.ndtr", "torch.sigmoid")
        + "return (torch.arange(1, 6) * chance).sum()": "어떤 분포를",
    },
}
