"""The arq workers: ``stream_tasks`` carries and schedules, ``delivery_tasks`` pushes to others."""
