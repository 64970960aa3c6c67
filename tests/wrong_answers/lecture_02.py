"""What a student may write for the exercises of lecture 02, and a word of the hint that is due."""

COST = "cost = F.mse_loss((P[items] * Q[users]).sum(dim=1), ratings)\n"
WRONG = {
    "penalized_loss": {
        COST + "return cost": "lam은 어디에",
        COST + "return cost + lam * torch.sum(P ** 2)": "한 행렬에만",
        COST + "return cost + lam * (P ** 2).mean() + lam * (Q ** 2).mean()": "제곱의 합인가요",
        COST + "return cost + lam * ((P ** 2).sum() ** 0.5 + (Q ** 2).sum() ** 0.5)": "제곱근을",
        COST + "return cost + Q.square().sum() * lam": "사용자의 벡터에만",
        COST + "p, q = P[items], Q[users]\nreturn cost + lam * ((p ** 2).sum() + (q ** 2).sum())": (
            "벌금은 어디까지"
        ),
        COST + "return cost + lam * P.pow(2).sum() + Q.pow(2).sum()": "괄호를",
        "gap = (P[items] * Q[users]).sum(dim=1) - ratings\n"
        "return (gap ** 2).sum() + lam * ((P ** 2).sum() + (Q ** 2).sum())": "비용이 합",
    },
    "mean_rmse": {
        "return test_ratings.std(correction=0)": "테스트 데이터에서 구했나요",
        "m = torch.cat([train_ratings, test_ratings]).mean()\n"
        "return ((test_ratings - m) ** 2).mean() ** 0.5": "섞였습니다",
        "m = train_ratings.mean()\nreturn F.mse_loss(m.expand(len(test_ratings)), test_ratings)": (
            "무엇이 남았나요"
        ),
        "return train_ratings.std(correction=0)": "훈련 데이터로 채점",
        "gap = test_ratings - test_ratings.mean()\n"
        "return (gap.square().sum() / (len(gap) - 1)).sqrt()": "std()를 썼나요",
    },
    "movie_bias": {
        "return sum(ratings) / len(ratings) - mean": "그대로 믿고",
        "return ratings.sum() / (ratings.numel() + strength)": "빼지 않았습니다",
        "return ratings.sum() / (len(ratings) + strength) - mean": "먼저 빼나요",
        "return (ratings - mean).sum() / strength": "strength로만",
        "n = len(ratings)\nreturn (ratings.sum() + strength * mean) / (n + strength)": (
            "다시 더했나요"
        ),
        "five = torch.full((5,), mean)\nreturn torch.cat([ratings, five]).mean() - mean": (
            "숫자를 그대로"
        ),
        "below = torch.cat([mean - ratings, torch.zeros(strength)])\nreturn below.mean()": (
            "부호가 반대"
        ),
    },
}
