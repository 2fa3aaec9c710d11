"""The wire desk: feeds of agencies, whose entries become drafts for editors to approve."""
