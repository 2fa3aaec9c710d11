"""Alerts to browsers and phones: ``model`` decides without I/O, ``store`` keeps data in Redis."""
