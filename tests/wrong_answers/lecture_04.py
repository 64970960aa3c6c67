"""What a student may write for the exercises of lecture 04, and a word of the hint that is due."""

ONES = (
    "X = torch.cat([P, torch.ones(len(P), 1)], 1)\n"
    "A = torch.inverse(X.T @ X + ridge * torch.eye(X.shape[1])) @ X.T\n"
)
WRONG = {
    "nearest": {
        "v = vectors / vectors.norm(dim=1, keepdim=True)\n"
        "return (v @ v[movie]).topk(n).indices": "자기 자신은 아닌가요",
        "s = vectors @ vectors[movie]\ns[movie] = -1000\nreturn s.topk(n).indices": "긴 영화가",
        "s = F.cosine_similarity(vectors, vectors[movie][None])\ns[movie] = 2\n"
        "return s.argsort()[:n]": "가장 먼 영화",
        "s = F.cosine_similarity(vectors, vectors[[movie]])\ns[movie] = -2\n"
        "return s.topk(n).values": "번호가 아니라",
        "d = torch.cdist(vectors, vectors)[movie]\nd[movie] = 1e9\nreturn d.argsort()[:n]": (
            "거리로 쟀군요"
        ),
        "v = F.normalize(vectors)\ns = v @ v[movie]\ns[movie] = 0\nreturn s.topk(n).indices": (
            "너무 높지 않나요"
        ),
        "v = vectors / vectors.norm(dim=0)\ns = v @ v[movie]\ns[movie] = -9\n"
        "return s.topk(n).indices": "어느 축으로",
        "s = F.cosine_similarity(vectors, vectors[[movie]])\n"
        "return [i for i in s.topk(n).indices.tolist() if i != movie]": "n개보다 적습니다",
        "v = F.normalize(vectors)\ns = v @ v[movie]\ns[movie] = -2\nreturn s.topk(n)": (
            "한데 묶여"
        ),
    },
    "recommend": {
        "scores[0] = -100\nreturn torch.argsort(-scores)[:n]": "이미 본 영화가 들어",
        "return torch.tensor([i for i in scores.argsort(descending=True).tolist()\n"
        "                     if i not in seen.tolist()][:n])": "0번은 어떤 영화",
        "return scores.topk(n).indices": "그대로 들어",
        "scores[seen] = 0\nscores[0] = 0\nreturn scores.topk(n).indices": "너무 높지 않나요",
        "scores[seen] = -1\nscores[0] = -1\nreturn scores.topk(n).indices": "모두 음수라면요",
        "best = scores.topk(n).indices\nreturn best[(best != 0) & ~torch.isin(best, seen)]": (
            "n개보다 적습니다"
        ),
        "scores[seen] = -np.inf\nreturn scores[1:].topk(n).indices": "한 칸씩 밀렸습니다",
        "scores[seen] = float('inf')\nscores[0] = float('inf')\nreturn scores.argsort()[:n]": (
            "가장 낮은 영화부터"
        ),
        "scores[seen] = -np.inf\nscores[0] = -np.inf\nreturn scores.topk(n)[0]": "예측값을",
    },
    "fold_in_vector": {
        "return torch.inverse(P.T @ P) @ P.T @ rest": "방정식의 답이 하나로",
        "return torch.linalg.lstsq(P, rest, driver='gelsd').solution": "최소제곱의 답",
        "return torch.linalg.solve(P.T @ P + ridge, (P * rest[:, None]).sum(dim=0))": "모든 칸에",
        "q = torch.linalg.solve(P.T @ P + ridge * torch.eye(2), P.T @ rest)\nreturn P.matmul(q)": (
            "모양이 (rank,)"
        ),
        "G = P.T @ P + len(P) * ridge * torch.eye(P.shape[1])\n"
        "return torch.linalg.inv(G) @ P.T @ rest": "평점 수를 곱했나요",
        ONES + "return A @ rest": "답이 하나 더",
        ONES + "return (A @ rest)[:P.shape[1]]": "편향이 아직",
        "G = P.T @ P + torch.diag(torch.full((len(rest),), ridge))\n"
        "return torch.linalg.inv(G) @ (P.T @ rest)": "단위 행렬의 크기",
    },
    "rotation": {
        "U, S, Vt = torch.linalg.svd(B.T @ A)\nreturn U @ Vt": "거꾸로",
        "return torch.linalg.pinv(A) @ B": "단위 행렬인가요",
        "U, S, V = torch.svd(A.T @ B)\nreturn A @ U @ V.T": "돌린 결과",
        "U, S, Vt = torch.linalg.svd(A.T @ B)\nreturn U @ torch.diag(S) @ Vt": "특잇값까지",
        "M = A.T @ B\nU, S, Vt = torch.linalg.svd(M)\nreturn U.mT.matmul(Vt)": "U를 전치했나요",
        "U, S, V = torch.svd(A.T @ B)\nreturn U @ V": "이미 전치한",
    },
}
