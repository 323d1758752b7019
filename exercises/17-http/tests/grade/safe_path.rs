use super::LESSON;
use http_exercises::safe_path::safe_path;
use peer::{Scene, of_the_machine};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder `www` that everybody may read, and secrets beside it.
struct House {
    folder: TempDir,
    /// The temporary folder without links: on macOS it is behind one.
    real: PathBuf,
}

impl House {
    fn new() -> House {
        // No dot in front, as tempfile would have it: an answer may look at all names of a path.
        let folder = tempfile::Builder::new().prefix("house-").tempdir();
        let folder = of_the_machine("make a folder", folder);
        let real = of_the_machine("resolve its path", folder.path().canonicalize());
        let house = House { folder, real };
        for file in [
            "www/index.html",
            "www/a b/c.html",
            "www/안녕.html",
            "www/%41.html",
            "www/.git/config",
            "www/.hidden",
            "secret.html",
            "www-secret/c.html",
        ] {
            house.write(file);
        }
        house
    }

    fn write(&self, file: &str) {
        let file = self.real.join(file);
        let parent = file.parent().unwrap_or(&file);
        of_the_machine("make a folder", fs::create_dir_all(parent));
        of_the_machine("write a file", fs::write(&file, "…"));
    }

    /// Asks the student's function. `expected` is below the house, or nothing.
    fn asks(&self, scene: &Scene, path: &str, expected: Option<&str>, key: &'static str) {
        let (root, given) = (self.real.join("www"), path.to_string());
        let answer = scene.run("your function", move || safe_path(&root, &given));
        let got = answer.join(|_| "never-returns");
        let good = got == expected.map(|path| self.real.join(path));
        let (got, expected) = (
            self.shown(got.as_deref()),
            self.shown(expected.map(Path::new)),
        );
        scene.check(good, key, || {
            format!("safe_path(\"/srv/www\", {path:?}) returned {got}; {expected} was expected.")
        });
    }

    /// As if the house were `/srv`.
    fn shown(&self, path: Option<&Path>) -> String {
        match path {
            None => "None".to_string(),
            Some(path) => {
                let path = path.strip_prefix(&self.real).unwrap_or(path);
                format!("Some({:?})", Path::new("/srv").join(path))
            }
        }
    }
}

#[test]
fn finds_files_and_folders() {
    LESSON.grade("safe_path", |scene| {
        let house = House::new();
        let name = scene.random_letters(6);
        house.write(&format!("www/{name}"));
        for (path, file) in [
            ("/index.html", "www/index.html"),
            (&format!("/{name}"), &format!("www/{name}")),
            ("/", "www"),
            ("//index.html", "www/index.html"),
        ] {
            house.asks(scene, path, Some(file), "below-the-root");
        }
        house.asks(scene, "/missing.html", None, "what-is-not-there");
        house.asks(scene, "//etc/passwd", None, "below-the-root");
    });
}

#[test]
fn decodes_each_name_once() {
    LESSON.grade("safe_path", |scene| {
        let house = House::new();
        for (path, file) in [
            ("/a%20b/c.html", "www/a b/c.html"),
            ("/a%20b/", "www/a b"),
            ("/a%20b//%63.html", "www/a b/c.html"),
            ("/%EC%95%88%eb%85%95.html", "www/안녕.html"),
            ("/%2541.html", "www/%41.html"),
        ] {
            house.asks(scene, path, Some(file), "decode-once");
        }
        for path in ["/index.html%", "/%zzindex.html", "/%ff"] {
            house.asks(scene, path, None, "decode-once");
        }
    });
}

#[test]
fn refuses_names_that_begin_with_a_dot() {
    LESSON.grade("safe_path", |scene| {
        let house = House::new();
        for path in [
            "/../secret.html",
            "/a b/../../secret.html",
            "/....//secret.html",
            "/..././secret.html",
            "/a b/../index.html",
            "/./index.html",
            "/..",
            "/.hidden",
            "/.git/config",
        ] {
            house.asks(scene, path, None, "names-with-a-dot");
        }
    });
}

#[test]
fn refuses_dots_that_are_encoded() {
    LESSON.grade("safe_path", |scene| {
        let house = House::new();
        for path in [
            "/%2e%2e/secret.html",
            "/%2E./secret.html",
            "/.%2e/secret.html",
            "/%2egit/config",
            "/%252e%252e/secret.html",
        ] {
            house.asks(scene, path, None, "decode-before-you-look");
        }
    });
}

#[test]
fn refuses_a_name_that_is_more_than_one() {
    LESSON.grade("safe_path", |scene| {
        let house = House::new();
        for path in [
            "/a%20b%2fc.html",
            "/a%20b%2f..%2f..%2fsecret.html",
            "/%2fetc%2fpasswd",
            "/index.html%00",
        ] {
            house.asks(scene, path, None, "one-name-is-one-name");
        }
        // Names that Windows takes for paths. They are files here, so that somebody could find them.
        if cfg!(unix) {
            house.write("www/a\\b");
            house.write("www/c:d");
            house.asks(scene, "/a%5cb", None, "one-name-is-one-name");
            house.asks(scene, "/c:d", None, "one-name-is-one-name");
        }
    });
}

#[cfg(unix)]
#[test]
fn follows_links_that_stay_inside_and_no_others() {
    use std::os::unix::fs::symlink;
    LESSON.grade("safe_path", |scene| {
        let house = House::new();
        let link = |name: &str, target: PathBuf| {
            let made = symlink(target, house.real.join("www").join(name));
            of_the_machine("make a symbolic link", made);
        };
        link("inside", house.real.join("www/a b"));
        link("outside", house.real.join("secret.html"));
        link("up", PathBuf::from(".."));
        link("beside", house.real.join("www-secret"));
        let inside = Some("www/a b/c.html");
        house.asks(scene, "/inside/c.html", inside, "links-are-resolved");
        house.asks(scene, "/outside", None, "links-lead-out");
        house.asks(scene, "/up/secret.html", None, "links-lead-out");
        house.asks(scene, "/beside/c.html", None, "compare-names-not-letters");
        drop(house.folder);
    });
}
