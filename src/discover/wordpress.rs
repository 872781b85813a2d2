//! The API of a `WordPress` site, which has the posts of its pages as JSON.

use url::Url;

/// The parameters of a request: the most posts that it may ask for, and the fields that an item needs, without
/// the full text.
const POSTS: [(&str, &str); 2] = [
    ("per_page", "20"),
    ("_fields", "guid,link,date_gmt,modified_gmt,title,excerpt"),
];

/// Returns the address of the newest posts; `None` for an entry point that leads nowhere.
pub fn newest_posts_url(entry: &Url) -> Option<Url> {
    let mut posts = entry.clone();
    posts.set_fragment(None);
    // Sites without permalinks have the API in the query: `/?rest_route=/`.
    let route = |(key, value)| (key == "rest_route").then_some(value);
    if let Some(root) = entry.query_pairs().find_map(route) {
        let route = format!("{}/wp/v2/posts", root.trim_end_matches('/'));
        let mut query = posts.query_pairs_mut();
        query.clear().append_pair("rest_route", &route);
    } else {
        posts
            .path_segments_mut()
            .ok()?
            .pop_if_empty()
            .extend(["wp", "v2", "posts"]);
        posts.set_query(None);
    }
    posts.query_pairs_mut().extend_pairs(POSTS);
    Some(posts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(entry: &str, expected: &str) {
        let query = "per_page=20&_fields=guid%2Clink%2Cdate_gmt%2Cmodified_gmt%2Ctitle%2Cexcerpt";
        let posts = newest_posts_url(&entry.parse().unwrap()).unwrap();
        assert_eq!(posts.as_str(), format!("{expected}{query}"));
    }

    #[test]
    fn posts_are_below_the_entry() {
        check(
            "https://a.example/wp-json/",
            "https://a.example/wp-json/wp/v2/posts?",
        );
        check(
            "https://a.example/en/wp-json",
            "https://a.example/en/wp-json/wp/v2/posts?",
        );
        let route = "https://a.example/?rest_route=%2Fwp%2Fv2%2Fposts&";
        check("https://a.example/?rest_route=/", route);
    }
}
