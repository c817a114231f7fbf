{{ stage('query') }}
