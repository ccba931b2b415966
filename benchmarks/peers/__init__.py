"""Other ways to make motion of text, trained on the same data and judged by the same evaluator."""
