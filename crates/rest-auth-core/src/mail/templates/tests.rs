use std::path::PathBuf;

use super::*;
use crate::model::{EncodedPassword, User};
use crate::settings::OrFalse;

const KEY: &str = "Nw:1r31eq:nXI363uTpI-yEG6eGTPn_I3BxlIH6ybJXNIlhhEoKQk";

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let path = std::env::temp_dir().join(format!("rest-auth-templates-{}-{name}", std::process::id()));
        for (name, text) in files {
            let file = path.join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn site() -> Site {
    Site { domain: "example.com".to_owned(), name: "example.com".to_owned() }
}

fn ann() -> User {
    User { username: Some("ann".to_owned()), email: "ann@example.org".to_owned(), ..kinds::user() }
}

fn mail(templates: &MailTemplates, change: impl FnOnce(&mut Settings, &mut Site, &mut User)) -> Mail {
    let (mut settings, mut site, mut user) = (Settings::default(), site(), ann());
    change(&mut settings, &mut site, &mut user);
    let url = format!("http://example.com/k?{KEY}&x=<1>");
    let mail = ConfirmationMail {
        user: &user,
        email: "ann@example.org",
        key: KEY,
        activate_url: &url,
        signup: true,
    };
    templates.confirmation(&settings, Some(&site), &mail).unwrap()
}

#[test]
fn the_built_in_mail_is_the_stock_mail_to_the_byte() {
    let templates = MailTemplates::load(None).unwrap();
    let url = format!("http://127.0.0.1:8000/rest-auth/registration/account-confirm-email/{KEY}/");
    for signup in [true, false] {
        let user = ann();
        let mail =
            ConfirmationMail { user: &user, email: "ann@example.org", key: KEY, activate_url: &url, signup };
        let mail = templates.confirmation(&Settings::default(), Some(&site()), &mail).unwrap();
        assert_eq!(mail.from, "webmaster@localhost");
        assert_eq!(mail.to, "ann@example.org");
        assert_eq!(mail.subject, "[example.com] Please Confirm Your Email Address");
        assert_eq!(
            mail.text,
            format!(
                "Hello from example.com!\n\nYou're receiving this email because user ann has given your email address \
                 to register an account on example.com.\n\nTo confirm this is correct, go to {url}\n\nThank you for \
                 using example.com!\nexample.com"
            )
        );
        assert_eq!(mail.html, None);
    }
    assert!(templates.warnings().is_empty());
}

#[test]
fn an_account_without_a_user_name_is_addressed_by_its_address() {
    let templates = MailTemplates::load(None).unwrap();
    let mail = mail(&templates, |_, _, user| user.username = None);
    assert!(mail.text.contains("because user ann@example.org has given"), "{}", mail.text);
}

#[test]
fn text_is_not_escaped() {
    let templates = MailTemplates::load(None).unwrap();
    let mail = mail(&templates, |_, site, _| site.name = "Ann's <Shop> & Co".to_owned());
    assert!(mail.text.starts_with("Hello from Ann's <Shop> & Co!"), "{}", mail.text);
    assert!(mail.text.contains("&x=<1>"), "{}", mail.text);
}

#[test]
fn without_a_site_mails_name_the_host_of_their_links() {
    let templates = MailTemplates::load(None).unwrap();
    let settings = Settings {
        http: crate::settings::Http {
            base_url: OrFalse::of("https://api.example.net".to_owned()),
            ..Default::default()
        },
        ..Default::default()
    };
    let user = ann();
    let mail =
        ConfirmationMail { user: &user, email: "ann@example.org", key: KEY, activate_url: "x", signup: true };
    let mail = templates.confirmation(&settings, None, &mail).unwrap();
    assert!(mail.subject.starts_with("[api.example.net] "), "{}", mail.subject);
}

#[test]
fn the_prefix_of_subjects_is_a_setting_and_stands_as_it_is() {
    let templates = MailTemplates::load(None).unwrap();
    for (prefix, subject) in
        [("", "Please Confirm"), ("Shop: ", "Shop: Please Confirm"), ("*", "*Please Confirm")]
    {
        let mail =
            mail(&templates, |s, _, _| s.account.email_subject_prefix = OrFalse::of(prefix.to_owned()));
        assert!(mail.subject.starts_with(subject), "{}", mail.subject);
    }
}

#[test]
fn s_108_no_name_can_add_a_header() {
    let files =
        [("account/email/email_confirmation_subject.txt", "Hi {{ user.first_name }},\r\nread\u{2028}this\n")];
    let folder = Folder::new("injection", &files);
    let templates = MailTemplates::load(Some(&folder.0)).unwrap();
    let mail = mail(&templates, |_, site, user| {
        site.name = "x\r\nBcc: eve@example.com".to_owned();
        user.first_name = "Ann\nBcc: eve@example.com\0".to_owned();
    });
    let expected = "[x  Bcc: eve@example.com] Hi Ann Bcc: eve@example.com , read this";
    assert_eq!(mail.subject, expected);
    assert!(!mail.subject.contains(char::is_control));
}

#[test]
fn a_subject_of_several_lines_becomes_one() {
    let django = "{% load i18n %}\n{% autoescape off %}\n{% blocktrans %}One\nTwo{% endblocktrans %}\n{% endautoescape %}\n";
    let folder = Folder::new("subject", &[("account/email/email_confirmation_signup_subject.txt", django)]);
    let templates = MailTemplates::load(Some(&folder.0)).unwrap();
    assert_eq!(mail(&templates, |_, _, _| {}).subject, "[example.com] One Two");
}

#[test]
fn a_deployments_files_replace_ours_of_the_same_name() {
    let files = [
        (
            "account/email/base_message.txt",
            "{{ current_site }}:\n{% block content %}{% endblock %}\n-- \nThe team\n\n",
        ),
        (
            "account/email/email_confirmation_signup_message.html",
            "\n<a href=\"{{ activate_url }}\">{{ user }}</a>\n",
        ),
    ];
    let folder = Folder::new("replace", &files);
    let templates = MailTemplates::load(Some(&folder.0)).unwrap();
    let mail = mail(&templates, |_, _, user| user.username = Some("<ann> O'Hara".to_owned()));
    assert!(mail.text.starts_with("example.com:\nYou're receiving"), "{}", mail.text);
    assert!(mail.text.ends_with("\n-- \nThe team"), "{}", mail.text);
    let expected =
        format!("<a href=\"http://example.com/k?{KEY}&amp;x=&lt;1&gt;\">&lt;ann&gt; O&#x27;Hara</a>");
    assert_eq!(mail.html.as_deref(), Some(expected.as_str()));
}

#[test]
fn every_documented_variable_is_there() {
    let text = "{{ user.username }}|{{ user.email }}|{{ user.first_name }}|{{ user.get_full_name }}|{{ user.pk }}|{{ user }}|\
                {{ user.company }}|{{ key }}|{{ current_site.name }}|{{ current_site.domain }}|{{ email }}|{{ user.password }}";
    let folder = Folder::new("variables", &[("account/email/email_confirmation_message.txt", text)]);
    let templates = MailTemplates::load(Some(&folder.0)).unwrap();
    let mail = mail(&templates, |_, _, user| {
        user.extra = vec![("company".to_owned(), crate::model::ExtraValue::Text("ACME".to_owned()))];
        user.password = EncodedPassword::from_column("pbkdf2_sha256$1$x$y");
    });
    let expected = format!(
        "ann|ann@example.org|Ann|Ann O'Hara|1|ann|ACME|{KEY}|example.com|example.com|ann@example.org|"
    );
    assert_eq!(mail.text, expected);
}

#[test]
fn a_template_that_was_written_for_django_works_unchanged() {
    let django = "{% extends \"account/email/base_message.txt\" %}\n{% load account %}\n{% load i18n %}\n\n\
        {% block content %}{% autoescape off %}{% user_display user as user_display %}{% blocktrans with \
        site_name=current_site.name site_domain=current_site.domain %}{{ user_display|upper }} wants to join \
        {{ site_name }} ({{ site_domain }}).{% endblocktrans %}\n\n{% if code %}{{ code }}{% else %}{% trans \"Go to\" %} \
        {{ activate_url }} {{ nothing|default:\"now\" }}{% endif %}{% endautoescape %}{% endblock content %}\n";
    let folder = Folder::new("django", &[("account/email/email_confirmation_message.txt", django)]);
    let templates = MailTemplates::load(Some(&folder.0)).unwrap();
    let mail = mail(&templates, |_, _, _| {});
    let expected = format!(
        "Hello from example.com!\n\nANN wants to join example.com (example.com).\n\nGo to http://example.com/k?{KEY}&x=<1> \
         now\n\nThank you for using example.com!\nexample.com"
    );
    assert_eq!(mail.text, expected);
}

#[test]
fn a_template_that_cannot_work_is_reported_with_its_name_and_line() {
    for (name, text, expected) in [
        ("syntax", "{% if key %}\nnever closed", "email_confirmation_message.txt"),
        ("tag", "a\nb {% url 'home' %}", "unknown statement url"),
        ("filter", "{{ key|no_such_filter }}", "no_such_filter"),
        ("include", "{% include 'account/email/footer.txt' %}", "footer.txt"),
    ] {
        let folder = Folder::new(name, &[("account/email/email_confirmation_message.txt", text)]);
        let problems = MailTemplates::load(Some(&folder.0)).unwrap_err();
        assert!(problems[0].message.contains(expected), "{name}: {problems:?}");
        assert_eq!(problems[0].key, "templates.folder");
    }
}

#[test]
fn a_folder_that_is_not_there_is_reported() {
    let problems = MailTemplates::load(Some(Path::new("/nowhere/at/all"))).unwrap_err();
    assert!(problems[0].message.contains("/nowhere/at/all"), "{problems:?}");
}

#[test]
fn a_misspelt_variable_is_a_warning() {
    let text = "Go to {{ activate_ulr }}, {{ user.username }}, {{ range(3) }}, {{ code }}.";
    let folder = Folder::new("misspelt", &[("account/email/email_confirmation_message.txt", text)]);
    let templates = MailTemplates::load(Some(&folder.0)).unwrap();
    let messages: Vec<&str> = templates.warnings().iter().map(|warning| warning.message.as_str()).collect();
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0].contains("activate_ulr"), "{messages:?}");
}

#[test]
fn a_template_reads_no_file_outside_of_its_folder() {
    let folder = Folder::new(
        "outside",
        &[("account/email/email_confirmation_message.txt", "{% include '../secret.txt' %}")],
    );
    std::fs::write(folder.0.parent().unwrap().join("secret.txt"), "secret").unwrap();
    let inner = folder.0.clone();
    assert!(MailTemplates::load(Some(&inner)).is_err());
    std::fs::remove_file(folder.0.parent().unwrap().join("secret.txt")).unwrap();
}

fn reset_mail(templates: &MailTemplates, features: Vec<FeatureName>, url: &str) -> Mail {
    let mut settings = Settings::default();
    settings.http.features = features;
    let user = ann();
    let mail = ResetMail {
        user: &user,
        email: "ann@example.org",
        uid: "1",
        token: "bkrfgg-8155",
        password_reset_url: url,
    };
    templates.password_reset(&settings, Some(&site()), &mail).unwrap()
}

#[test]
fn a_reset_mail_that_was_written_for_django_leads_where_the_link_leads() {
    let django = "{% load i18n %}{% autoescape off %}\n{% trans \"Choose a new password:\" %}\n{% block reset_link %}\n\
        {{ protocol }}://{{ domain }}{% url 'password_reset_confirm' uidb64=uid token=token %}\n{% endblock %}\n\
        {{ user.get_username }}, {{ site_name }}\n{% endautoescape %}\n";
    let folder = Folder::new("django-reset", &[("registration/password_reset_email.html", django)]);
    let templates = MailTemplates::load(Some(&folder.0)).unwrap();
    assert!(templates.warnings().is_empty(), "{:?}", templates.warnings());
    for url in [
        "https://app.example.net/reset?u=1&t=2#x",
        "https://app.example.net?u=1",
        "myapp://reset/1/2",
        "http://a",
    ] {
        let mail = reset_mail(&templates, Vec::new(), url);
        let expected = format!("\n\n\nChoose a new password:\n\n{url}\n\nann, example.com\n\n");
        assert_eq!(mail.text.trim(), expected.trim());
        assert_eq!((mail.html, mail.subject.as_str()), (None, "Password reset on example.com"));
    }
}

#[test]
fn a_deployment_may_write_its_own_reset_mail() {
    let files = [
        ("account/email/password_reset_key_subject.txt", "{% trans 'A new password' %} for {{ username }}\n"),
        ("account/email/password_reset_key_message.txt", "{{ user_display }}: {{ password_reset_url }}\n"),
        (
            "account/email/password_reset_key_message.html",
            "<a href=\"{{ password_reset_url }}\">{{ token }}</a>",
        ),
    ];
    let folder = Folder::new("own-reset", &files);
    let templates = MailTemplates::load(Some(&folder.0)).unwrap();
    let mail = reset_mail(&templates, vec![FeatureName::Registration], "https://app.example.net/?u=1&t=2");
    assert_eq!(mail.subject, "[example.com] A new password for ann");
    assert_eq!(mail.text, "ann: https://app.example.net/?u=1&t=2");
    let html = "<a href=\"https://app.example.net/?u=1&amp;t=2\">bkrfgg-8155</a>";
    assert_eq!(mail.html.as_deref(), Some(html));
}

#[test]
fn each_kind_of_mail_is_tried_with_what_it_is_about() {
    for (name, variable) in [
        ("socialaccount/email/account_connected_message.txt", "provider"),
        ("account/email/email_confirmation_message.txt", "key"),
        ("account/email/password_reset_key_message.txt", "uid"),
    ] {
        // Wrong only where the variable is there.
        let text = format!("{{% if {variable} %}}{{{{ {variable}|first|abs }}}}{{% endif %}}");
        let folder = Folder::new(&format!("sample-{variable}"), &[(name, &text)]);
        let problems = MailTemplates::load(Some(&folder.0)).expect_err(name);
        assert!(problems[0].message.contains(name), "{problems:?}");
    }
}
