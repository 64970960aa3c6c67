"""What a student may write for the exercises of lecture 01, and a word of the hint that is due."""

WRONG = {
    "predict": {
        "return torch.mul(P[items], Q[users])": "곱한 다음 무엇을",
        "return torch.sum(P[items] * Q[users], axis=0)": "어느 축을",
        "return P[items].matmul(Q[users].T)": "모든 짝의 내적",
        "total = 0\nfor i, u in zip(items, users):\n    total += P[i] @ Q[u]\nreturn total": (
            "평점마다 예측이 하나씩"
        ),
        "return torch.stack([P[u] @ Q[i] for i, u in zip(items, users)])": "사용자의 행을 꺼냈나요",
        "both = P[items] * Q[users]\nreturn both.sum(dim=1) / both.shape[1]": "평균 냈나요",
        "both = P[items] * Q[users]\nreturn both.sum(dim=1, keepdim=True)": (
            "값은 맞습니다. 모양이 (3, 1)입니다. (3,)이어야"
        ),
    },
    "mse": {
        "return ((prediction - rating) ** 2).mean()": "모양이 (3, 1)",
        "return torch.sum((rating.flatten() - prediction.flatten()) ** 2)": "'평균'",
        "return (prediction.flatten() - rating.flatten()).mean()": "서로 지워지고",
        "return F.l1_loss(prediction.flatten(), rating.flatten())": "절댓값",
        "return F.mse_loss(prediction, rating.flatten())": "평점만 폈나요",
        "return F.mse_loss(prediction.squeeze(), rating)": "예측만 폈나요",
        "gap = prediction.flatten() - rating.flatten()\nreturn gap.norm() / len(gap) ** 0.5": (
            "지금 것은 RMSE"
        ),
    },
    "gradients": {
        "gap = a + b * x - y\nreturn gap.mean(), (gap * x).mean()": "크기가 절반",
        "gap = y - (a + b * x)\nreturn 2 * gap.mean(), 2 * (gap * x).mean()": "부호가 반대",
        "a = torch.tensor(a, requires_grad=True)\nb = torch.tensor(b, requires_grad=True)\n"
        "((a + b * x - y) ** 2).sum().backward()\nreturn a.grad, b.grad": "합인가요, 평균인가요",
        "g = 2 * (a + b * x - y)\nreturn (g * x).mean(), g.mean()": "차례가 바뀌었습니다",
        "g = 2 * (a + b * x - y).mean()\nreturn g, g": "무엇이 곱해져야",
        "a = torch.tensor(a, requires_grad=True)\nb = torch.tensor(b, requires_grad=True)\n"
        "for _ in range(2):\n    F.mse_loss(a + b * x, y).backward()\n"
        "return a.grad, b.grad": "크기가 두 배",
    },
}
