"""What a student may write for the exercises of lecture 03, and a word of the hint that is due."""

WRONG = {
    "one_hot": {
        "E = torch.zeros(size, len(ids))\nfor n, i in enumerate(ids):\n    E[i, n] = 1\nreturn E": (
            "뒤바뀌었습니다"
        ),
        "return torch.stack([(torch.arange(1, size + 1) == i).float() for i in ids])": (
            "어디에 1이 서나요"
        ),
        "E = torch.zeros(len(ids), size)\nfor n, i in enumerate(ids):\n    E[n, i] = i\nreturn E": (
            "번호가 서 있습니다"
        ),
        "return F.one_hot(ids)": "칸의 수가",
        "E = torch.zeros(size)\nE[ids] = 1\nreturn E": "줄이 하나뿐",
        "E = torch.zeros(len(ids), size)\nE[:, ids] = 1\nreturn E": "모든 줄이 똑같습니다",
    },
    "to_long": {
        "return [(i, j, v) for i, row in enumerate(table.to_numpy().tolist())\n"
        "        for j, v in enumerate(row)]": "빈칸이 따라왔습니다",
        "values = table.to_numpy()\nrows, cols = (~np.isnan(values)).nonzero()\n"
        "return [(c, r, values[r, c]) for r, c in zip(rows, cols)]": "뒤바뀌었습니다",
        "return [(i, j, table.iloc[i, j]) for j in range(table.shape[1])\n"
        "        for i in range(table.shape[0]) if pd.notna(table.iloc[i, j])]": "왼쪽에서 오른쪽",
        "return [(w, m, v) for (w, m), v in table.stack(future_stack=True).dropna().items()]": (
            "이름이 그대로"
        ),
        "return [(i, j, v) for i, row in enumerate(table.to_numpy(), 1)\n"
        "        for j, v in enumerate(row, 1) if v == v]": "1부터입니다",
        "return [(i, j, 0 if pd.isna(v) else v) for i, row in enumerate(table.to_numpy())\n"
        "        for j, v in enumerate(row)]": "0점이 되어",
        "full = table[table.notna().all(axis=1)].to_numpy()\n"
        "return [(i, j, v) for i, row in enumerate(full) for j, v in enumerate(row)]": (
            "통째로 버렸나요"
        ),
        "rows, cols = table.notna().to_numpy().nonzero()\n"
        "return zip(rows, cols, table.to_numpy()[rows, cols])": "나온 것은 zip입니다",
        "return [(i, j, table[i][j]) for i in range(len(table))\n"
        "        for j in range(table.shape[1])]": "줄 영식 영철 옥순 4 nan",
    },
    "predict_between": {
        "return torch.sum(U[users] * V[items], dim=1)": "거쳤나요",
        "return torch.sigmoid((U[users] * V[items]).sum(axis=1))": "아직 0과 1",
        "return torch.sigmoid((U[users] * V[items]).sum(axis=1)) * high": "아래쪽 끝을",
        "return torch.sigmoid((U[users] * V[items]).sum(axis=1)) * high + low": "폭은 얼마",
        "return torch.clip((U[users] * V[items]).sum(1), low, high)": "잘랐습니다",
        "score = (U[users] * V[items]).sum(1)\n"
        "return (high - low) / (1 + torch.exp(-score))": "폭은 맞습니다",
        "return 5 * torch.sigmoid((U[users] * V[items]).sum(1))": "5를 그대로",
        "return 1 + 4 * torch.sigmoid((U[users] * V[items]).sum(1))": "1과 5를 그대로",
        "return (torch.sigmoid(U[users] * V[items]) * (high - low)).sum(1) + low": "하나하나 누른",
    },
}
