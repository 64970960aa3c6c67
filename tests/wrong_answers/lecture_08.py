"""What a student may write for the exercises of lecture 08, and a word of the hint that is due."""

WRONG = {
    "running_mean": {
        "total = n = 0\nfor chunk in chunks:\n    total += torch.mean(chunk)\n    n += 1\n"
        "return total / n": "빈 조각의 평균은",
        "means = []\nfor chunk in chunks:\n    if chunk.numel() > 0:\n"
        "        means.append(chunk.mean().item())\nreturn np.mean(means)": "같은 무게여야",
        "total, n = 0, 0\nfor chunk in chunks:\n    total += torch.mean(chunk) * len(chunk)\n"
        "    n += len(chunk)\nreturn total / n": "0을 곱하면",
        "total = 0\nfor n, chunk in enumerate(chunks, start=1):\n    total = total + chunk.sum()\n"
        "return total / n": "합을 조각의 수로",
        "for chunk in chunks:\n    total = chunk.sum()\n    count = chunk.numel()\n"
        "return total / count": "마지막 조각의",
        "total = sum(chunk.sum() for chunk in chunks)\n"
        "count = sum(chunk.numel() for chunk in chunks)\nreturn total / count": "무한대가",
        "total, count = 0, 0\nfor chunk in chunks:\n    total += float(chunk.sum())\n"
        "for chunk in chunks:\n    count += len(chunk)\nreturn total / count": "나누려다",
        "count = sum(map(len, chunks))\nreturn sum(map(torch.sum, chunks)) / count": "합이 0입니다",
        "stars = []\nfor chunk in chunks:\n    stars.extend(chunk)\n"
        "return torch.stack(stars).mean()": "메모리가 찼습니다",
    },
    "whole_gradient": {
        "total = torch.zeros(gradients.shape[1])\nfor gradient in gradients:\n"
        "    total += gradient / len(gradients)\nreturn total": "한 표씩 주었습니다",
        "return torch.ones(len(counts)) @ gradients": "더 잘게 나누면",
        "return counts.float() @ gradients": "합의 경사까지",
        "return torch.stack([n * g for n, g in zip(counts, gradients)]).mean(dim=0)": (
            "프로세스의 수로"
        ),
        "weights = 1 / counts\nreturn torch.einsum('w,wk->k', weights, gradients)": "목소리가",
        "share = counts / max(counts)\nreturn (gradients.T * share).sum(dim=1)": "무게를 1로",
        "return torch.sum(gradients, dim=0) / torch.sum(counts)": "이미 평균입니다",
        "return counts @ gradients / counts.sum()": "모양과 자료형을",
    },
    "bytes_of_training": {
        "users = num_users * rank + num_users\nitems = num_items * rank + num_items\n"
        "return users + items": "파라미터의 수까지",
        "P = torch.zeros(num_items, rank + 1)\nQ = torch.zeros(num_users, rank + 1)\n"
        "return P.numel() * P.element_size() + Q.numel() * Q.element_size()": "바이트로 바꾸는",
        "model = (num_users + num_items) * (1 + rank) * 4\ngradient = model\n"
        "return model + gradient": "절반이 나왔습니다",
        "model = (num_users + num_items) * (1 + rank) * 4\nadam = 2 * model\n"
        "return model + adam": "셋 두었습니다",
        "size = num_users * rank + num_items * rank\nreturn 4 * size * (1 + 1 + 2)": (
            "벡터만 셌습니다"
        ),
        "n = num_users * (1 + rank) + num_items * rank\nreturn n * 4 * 4": "누구에게 있나요",
        "cells = num_users * num_items\nreturn 4 * 4 * cells * (rank + 1)": "짝을 모두",
        "each = 8  # float\nreturn each * 4 * (num_users + num_items) * (rank + 1)": "딱 두 배가",
        "n = (num_users + num_items) * (rank + 1)\nreturn 32 * (n + n + 2 * n)": "딱 여덟 배가",
    },
}
