"""Addresses of every page."""

from django.urls import URLPattern, URLResolver, path

from kulanz.web import (
    accounts,
    action_new,
    approvals,
    audit,
    case,
    importing,
    live,
    mailboxes,
    mailview,
    orders,
    policy,
    quarantine,
    queue,
    search,
    settings_pages,
    signin,
    today,
    users,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", today.page, name="home"),
    path("stoerfall/", today.report_incident, name="report_incident"),
    path("faelle/", queue.page, name="cases"),
    path("faelle/csv/", queue.export, name="cases_csv"),
    path("faelle/naechster/", queue.following, name="next_case"),
    path("faelle/viele/", queue.many, name="cases_many"),
    path("faelle/zurueck/", queue.take_back, name="cases_take_back"),
    path("faelle/gruppe/<slug:name>/", queue.group, name="case_group"),
    path("faelle/<int:case_id>/", case.page, name="case"),
    path("faelle/<int:case_id>/entwurf/", case.draft, name="draft"),
    path("faelle/<int:case_id>/antwort/", case.reply, name="reply"),
    path("faelle/<int:case_id>/tun/<slug:what>/", case.do, name="case_do"),
    path("antworten/<int:action_id>/zurueck/", case.reply_back, name="reply_back"),
    path("antworten/<int:action_id>/noch-einmal/", case.reply_again, name="reply_again"),
    path("antworten/<int:action_id>/gesendet/", case.reply_sent, name="reply_sent"),
    path("neu/listen/", live.lists, name="live_lists"),
    path("neu/fall/<int:case_id>/", live.case, name="live_case"),
    path("nachricht/<int:message_id>/", mailview.mail_html, name="mail_html"),
    path("anhang/<int:attachment_id>/", mailview.attachment, name="attachment"),
    path("bild/<str:name>", mailview.picture, name="picture"),
    *action_new.urlpatterns,
    *approvals.urlpatterns,
    *orders.urlpatterns,
    *search.urlpatterns,
    *settings_pages.urlpatterns,
    *accounts.urlpatterns,
    *mailboxes.urlpatterns,
    *importing.urlpatterns,
    *policy.urlpatterns,
    *users.urlpatterns,
    *quarantine.urlpatterns,
    *audit.urlpatterns,
    *signin.urlpatterns,
]

handler400 = "kulanz.web.signin.bad_request"
handler403 = "kulanz.web.signin.forbidden"
handler404 = "kulanz.web.signin.not_found"
handler500 = "kulanz.web.signin.broken"
