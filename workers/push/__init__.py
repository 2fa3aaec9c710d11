"""Push: ``fanout`` turns an event into one job a shard, ``shard`` works through one, a ``Sender``
speaks to a provider. They run in arq jobs, beside the live lane and never in its way.
"""
