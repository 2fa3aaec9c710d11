"""Pictures that editors upload: checked, made anew in fixed sizes, stored and taken down."""
