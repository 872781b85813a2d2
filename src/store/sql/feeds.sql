SELECT feed.*,
    (SELECT count(*) FROM membership WHERE membership.feed = feed.topic AND left_at IS NULL) AS stories,
    (SELECT max(story.updated_at) FROM membership JOIN story ON story.id = membership.story
     WHERE membership.feed = feed.topic AND left_at IS NULL AND quiet = 0) AS latest
FROM feed
