"""What a student may write for the exercises of lecture 06, and a word of the hint that is due."""

LOOP = (
    "b = torch.zeros(1, requires_grad=True)\nopt = torch.optim.SGD([b], lr=lr)\n"
    "for _ in range(steps):\n    loss = {}\n    {}\n    loss.backward()\n    opt.step()\n"
    "return b.item()"
)
WRONG = {
    "safe_rmse": {
        "gap = prediction - rating\nreturn torch.sqrt(torch.mean(gap ** 2))": "차이는 몇 개인가요",
        "return F.mse_loss(prediction.flatten(), rating.flatten())": "단위가 같으려면",
        "gap = prediction.flatten() - rating.flatten()\nreturn torch.sqrt(gap ** 2).mean()": (
            "제곱근을 먼저"
        ),
        "return F.mse_loss(prediction, rating.flatten()).sqrt()": "평점만 폈나요",
        "return F.mse_loss(prediction.flatten(), rating).sqrt()": "예측만 폈나요",
        "gap = prediction.flatten() - rating.flatten()\nreturn abs(gap.sum()) / len(gap)": (
            "서로 지워집니다"
        ),
    },
    "slope": {
        LOOP.format("((b * x - y) ** 2).mean()", "pass"): "지난 경사가 섞여",
        LOOP.format("-((b * x - y) ** 2).mean()", "opt.zero_grad()"): "커지는 쪽",
        LOOP.format("((b * x - y) ** 2).sum()", "opt.zero_grad()"): "평균인가요, 합인가요",
        "b = 0\nfor _ in range(steps):\n    g = (2 * (b * x - y) * x).mean()\n"
        "    new = b - lr * g\nreturn new": "한 걸음만",
        "b = 0.0\nfor _ in range(steps):\n    g = (2 * (b * x - y) * x).mean()\n    b - lr * g\n"
        "return b": "한 걸음도 움직이지",
        LOOP.format("((b * x - y) ** 2).mean()", "pass").replace(
            "opt.step()", "opt.zero_grad(set_to_none=False)\n    opt.step()"
        ): "언제 비웠나요",
        LOOP.format("((b * x - y) ** 2).mean()", "b.grad.zero_()"): "아직 None",
        "b = 0\nfor _ in range(steps):\n    b = b - lr * ((b * x - y) * x).mean()\nreturn b": (
            "걸음이 절반"
        ),
    },
    "to_ids": {
        "number = {n: i for i, n in enumerate(dict.fromkeys(names), start=1)}\n"
        "return [number[n] for n in names]": "첫 줄은 몇 번",
        "return pd.Categorical(names).codes.tolist()": "가나다 차례",
        "return [i for i, name in enumerate(names)]": "번호도 두 개인가요",
        "first = {}\nfor i, n in enumerate(names):\n    first.setdefault(n, i)\n"
        "return [first[n] for n in names]": "중간에 건너뜁니다",
        "number = {n: i for i, n in enumerate(names)}\nreturn [number[n] for n in names]": (
            "뒤의 것으로"
        ),
        "number = {n: i for i, n in enumerate({*names})}\nreturn [number[n] for n in names]": (
            "차례를 기억하지"
        ),
    },
    "fair_gap": {
        "return (F.mse_loss(a.clamp(1, 5), rating).sqrt() - F.mse_loss(b, rating).sqrt())": (
            "한쪽만 잘랐습니다"
        ),
        "return F.mse_loss(a, rating) ** 0.5 - F.mse_loss(b.clip(1, 5), rating) ** 0.5": (
            "b만 잘랐습니다"
        ),
        "return F.mse_loss(a, rating) ** 0.5 - F.mse_loss(b, rating) ** 0.5": "둘 다 자르지",
        "f = lambda p: F.mse_loss(p.clip(1, 5), rating) ** 0.5\nreturn f(b) - f(a)": "뒤집혔습니다",
        "f = lambda p: F.mse_loss(p.clamp(1, 5), rating)\nreturn f(a) - f(b)": "MSE의 차이인가요",
    },
}
