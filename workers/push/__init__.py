"""Push in arq jobs: ``fanout`` makes a job for each event and shard, ``shard`` runs one, and a
``Sender`` calls the provider. Push runs beside the live lane and never holds it up.
"""
