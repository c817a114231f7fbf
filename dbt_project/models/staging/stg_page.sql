{{ stage('page') }}
