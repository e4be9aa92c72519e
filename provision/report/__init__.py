"""From a plan, its outcome, or problems to text, JSON, Markdown, HTML and annotations."""
