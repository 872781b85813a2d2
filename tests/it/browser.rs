//! A real browser at the administrators' address: a page of another site can change nothing there, its own page can.

use serde_json::{Value, json};

use crate::support::{
    ANYWHERE, Answer, Chromium, NEWS, Server, Service, Workspace, chromium, notices, rss, skipped,
    source,
};

/// A name that an attacker resolves to this machine.
const REBOUND: &str = "rebound.example";

/// Tries everything that a page can send by itself, and reports which answers it could read.
const HOSTILE: &str = r#"<!doctype html><title>Prizes</title><body><script>
const loaded = (element) => new Promise((done) => { element.onload = element.onerror = done; });
let frames = 0;
const form = async (action, enctype, name, value) => {
    const frame = document.createElement("iframe");
    frame.name = `frame${++frames}`;
    document.body.append(frame);
    const form = document.createElement("form");
    Object.assign(form, { method: "post", target: frame.name, action, enctype });
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    form.append(field);
    document.body.append(form);
    const answered = loaded(frame);
    form.submit();
    await answered;
    let read = null;
    try { read = frame.contentDocument && frame.contentDocument.body.textContent; } catch {}
    return read;
};
const send = async (url, options) => {
    try {
        const answer = await fetch(url, options);
        return answer.type === "opaque" ? "opaque" : await answer.text();
    } catch (error) {
        return error.name;
    }
};
const embed = async (name, url) => {
    const element = document.createElement(name);
    element.src = url;
    const answered = loaded(element);
    document.body.append(element);
    return (await answered).type;
};
const attack = async (admin, story) => {
    const withdraw = JSON.stringify({ withdraw: [story, "hostile"] });
    const [begin, end] = [withdraw.slice(0, -3), withdraw.slice(-3)];
    const results = {};
    for (const [name, path] of [["reload", "/reload?yes"], ["release", "/sources/harbour/release"], ["stories", "/stories"]]) {
        const url = admin + path;
        results[`${name} by form`] = [];
        for (const enctype of ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]) {
            results[`${name} by form`].push(await form(url, enctype, begin, end));
        }
        const body = path === "/stories" ? withdraw : "";
        results[`${name} by fetch`] = [
            await send(url, { method: "POST", body, mode: "no-cors" }),
            await send(url, { method: "POST", body, mode: "no-cors", headers: { "X-Tidings": "1" } }),
            await send(url, { method: "POST", body, mode: "no-cors", referrerPolicy: "no-referrer" }),
            await send(url, { method: "POST", body, mode: "cors" }),
            await send(url, { method: "POST", body, mode: "cors", headers: { "X-Tidings": "1" } }),
            await send(url, { method: "POST", body, mode: "cors", headers: { "Content-Type": "application/json" } }),
            await send(url, { method: "PUT", body, mode: "cors" }),
        ];
        results[`${name} by beacon`] = navigator.sendBeacon(url, body);
        results[`${name} by embedding`] = [await embed("img", url), await embed("script", url)];
    }
    results.status = [
        await send(`${admin}/status.json`, { mode: "cors" }),
        await send(`${admin}/status.json`, { mode: "no-cors" }),
        await embed("script", `${admin}/status.json`),
    ];
    return results;
};
</script>"#;

/// Writes the configuration before the attack, and the one that a reload would put in force.
fn configure(workspace: &Workspace, server: &Server, topics: &str) {
    let harbour = source("harbour", &server.url("/feed"));
    workspace.configure(&format!("{ANYWHERE}{NEWS}{topics}{harbour}"));
}

#[test]
fn a_page_of_another_site_changes_nothing_in_a_real_browser() {
    let Some(program) = chromium() else {
        return skipped("neither $TIDINGS_TEST_CHROMIUM nor `chromium` can be run");
    };
    let server = Server::start();
    server.serve("/feed", rss(&notices(1..4, crate::support::day(0))));
    server.route("/hostile", |_| {
        Answer::ok(HOSTILE).with("Content-Type", "text/html; charset=utf-8")
    });
    let workspace = Workspace::new("");
    configure(&workspace, &server, "");
    workspace.run(&["once"]).well();
    let mut service = Service::start(&workspace);
    let stories = workspace.published().stories("news");
    assert_eq!(stories.len(), 3);
    let before = service.ask_admin("/status.json").json();
    let later = "[[topic]]\nid = \"later\"\ntitle = \"Later\"\nany = [\"harbour\"]\n";
    configure(&workspace, &server, later);

    let mut browser = Chromium::start(&program, REBOUND);
    browser.load(&server.url("/hostile"));
    let (admin, story) = (service.admin().to_owned(), &stories[0].id);
    let results = browser.run(&format!("attack({}, {})", json!(admin), json!(story)));
    for name in ["reload", "release", "stories"] {
        let of = |by: &str| &results[format!("{name} by {by}")];
        assert_eq!(of("form"), &json!([null, null, null]), "{results}");
        let (blind, refused) = ("opaque", "TypeError");
        let sent = json!([blind, blind, blind, refused, refused, refused, refused]);
        assert_eq!(of("fetch"), &sent, "{results}");
        assert_eq!(of("beacon"), &json!(true), "{results}");
        assert_eq!(of("embedding"), &json!(["error", "error"]), "{results}");
        // The requests arrived, and were refused for what they are.
        service.logs(&format!("refused POST {:?}", path_of(name)));
    }
    assert_eq!(
        results["status"],
        json!(["TypeError", "opaque", "error"]),
        "{results}"
    );

    // The attacker's name resolves to us: for the browser its page then has the same origin.
    let rebound = admin.replace("127.0.0.1", REBOUND);
    browser.lift_policy();
    browser.load(&format!("{rebound}/status"));
    let shown = browser.run("document.body.textContent");
    assert!(
        shown
            .as_str()
            .unwrap()
            .contains("is no address of this site"),
        "{shown}"
    );
    let marked = "Promise.all(['/reload?yes', '/sources/harbour/release', '/stories'].map(async (path) => \
        (await fetch(path, { method: 'POST', headers: { 'X-Tidings': '1' } })).status))";
    assert_eq!(browser.run(marked), json!([403, 403, 403]));

    let after = service.ask_admin("/status.json").json();
    assert_eq!(after["configured_at"], before["configured_at"]);
    assert_eq!(workspace.published().stories("news"), stories);
    assert_eq!(service.get("/later.atom").status, 404);
    let decided = workspace.run(&["stories", "list", "--json"]).well().json();
    assert_eq!(decided, json!([]));

    // The site's own page may do everything it offers.
    browser.load(&format!("{admin}/status"));
    browser.run("document.querySelector('form[action=reload] button').click()");
    browser.loaded();
    service.logs("in force: ");
    assert_eq!(browser.run("location.pathname"), json!("/status"));
    assert_ne!(
        service.ask_admin("/status.json").json()["configured_at"],
        Value::Null
    );
    service.get_until("/later.atom", |reply| reply.status == 200);
    service.stop();
}

fn path_of(name: &str) -> &'static str {
    match name {
        "reload" => "/reload",
        "release" => "/sources/harbour/release",
        _ => "/stories",
    }
}
