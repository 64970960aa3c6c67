"""What a student may write for the exercises of lecture 01, and a word of the hint that is due."""

WRONG = {
    "mse": {
        "return ((prediction - rating) ** 2).mean()": "모양이 (3, 1)",
        "return torch.sum((rating.flatten() - prediction.flatten()) ** 2)": "'평균'",
        "return (prediction.flatten() - rating.flatten()).mean()": "서로 지워지고",
    },
}
