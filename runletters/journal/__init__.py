"""The run journal: letters, insights and figures of a runner as a folder of static pages.

Pure: frames in, pages out. Reading the store and writing the folder is the work of
`runletters.edges.journal_files`.
"""
